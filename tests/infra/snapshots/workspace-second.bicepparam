// A second installation for the same workspace.
using '../../../infra/workspace.bicep'

param environmentName = 'second'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param principalId = '33333333-3333-3333-3333-333333333333'
param logsId = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-teal-trial/providers/Microsoft.OperationalInsights/workspaces/log-teal'
