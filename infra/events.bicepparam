// Every value comes from the azd environment: the outputs of main.bicep, and the last two set by the operator.
using './events.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param workspaceName = readEnvironmentVariable('TEAL_WORKSPACE')
param workspaceResourceGroup = readEnvironmentVariable('TEAL_RESOURCE_GROUP')
param workspaceRegion = readEnvironmentVariable('TEAL_REGION')
param codeDeployed = bool(readEnvironmentVariable('TEAL_CODE_DEPLOYED', 'false'))
param functionAppId = readEnvironmentVariable('TEAL_FUNCTION_APP_ID')
param storageId = readEnvironmentVariable('TEAL_STORAGE_ID')
param deadLetterContainer = readEnvironmentVariable('TEAL_DEAD_LETTER_CONTAINER')
param systemTopic = readEnvironmentVariable('TEAL_SYSTEM_TOPIC', '')
param subject = readEnvironmentVariable('TEAL_EVENT_SUBJECT', '')
param tags = json(readEnvironmentVariable('TEAL_TAGS', '{}'))
param otherWorkspaces = json(readEnvironmentVariable('TEAL_WORKSPACES', '[]'))
