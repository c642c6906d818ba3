// Before the first deployment of the code: nothing.
using '../../../infra/events.bicep'

param environmentName = 'trial'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param workspaceRegion = 'northeurope'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-trial/providers/Microsoft.Web/sites/func-teal'
param storageId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-trial/providers/Microsoft.Storage/storageAccounts/stteal'
param deadLetterContainer = 'dead-letters'
