// A second installation for the same workspace.
using '../../../infra/events.bicep'

param environmentName = 'second'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param workspaceRegion = 'northeurope'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-second/providers/Microsoft.Web/sites/func-teal-2'
param storageId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-second/providers/Microsoft.Storage/storageAccounts/stteal2'
param deadLetterContainer = 'dead-letters'
param codeDeployed = true
