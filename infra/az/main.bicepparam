// The parameters of main.bicep for deployments without azd: those of main.parameters.json, from the same variables.
using '../main.bicep'

var written = loadJsonContent('../main.parameters.json').parameters

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param workspaceName = readEnvironmentVariable('TEAL_WORKSPACE')
param workspaceResourceGroup = readEnvironmentVariable('TEAL_RESOURCE_GROUP')
param otherWorkspaces = written.otherWorkspaces.value
param policies = readEnvironmentVariable('TEAL_POLICIES', 'policies')
param entraClientId = readEnvironmentVariable('TEAL_ENTRA_CLIENT_ID', '')
param trustEasyAuth = bool(readEnvironmentVariable('TEAL_TRUST_EASY_AUTH', 'false'))
param evidenceDays = int(readEnvironmentVariable('TEAL_EVIDENCE_DAYS', '30'))
param historyDays = int(readEnvironmentVariable('TEAL_HISTORY_DAYS', '730'))
param logRetention = int(readEnvironmentVariable('TEAL_LOG_DAYS', '30'))
param instanceMemory = json(readEnvironmentVariable('TEAL_INSTANCE_MEMORY', '2048')) // one of three numbers, which `int` does not know
param alwaysReady = int(readEnvironmentVariable('TEAL_ALWAYS_READY', '0'))
param zoneRedundant = bool(readEnvironmentVariable('TEAL_ZONE_REDUNDANT', 'false'))
param customNames = written.customNames.value
param existingStorageId = readEnvironmentVariable('TEAL_EXISTING_STORAGE_ID', '')
param existingLogsId = readEnvironmentVariable('TEAL_EXISTING_LOGS_ID', '')
param existingInsightsId = readEnvironmentVariable('TEAL_EXISTING_INSIGHTS_ID', '')
param vnetEnabled = bool(readEnvironmentVariable('TEAL_VNET_ENABLED', 'false'))
param vnetAddressPrefix = readEnvironmentVariable('TEAL_VNET_PREFIX', '10.90.0.0/24')
param appSubnetId = readEnvironmentVariable('TEAL_APP_SUBNET_ID', '')
param endpointSubnetId = readEnvironmentVariable('TEAL_ENDPOINT_SUBNET_ID', '')
param dnsZoneIds = written.dnsZoneIds.value
param privateSite = bool(readEnvironmentVariable('TEAL_PRIVATE_SITE', 'false'))
param actionGroupId = readEnvironmentVariable('TEAL_ACTION_GROUP_ID', '')
param alertEmail = readEnvironmentVariable('TEAL_ALERT_EMAIL', '')
param tags = written.tags.value
param appSettings = written.appSettings.value
