// Permission to query a Log Analytics workspace, Teal's own or an existing one.

@description('Name of the workspace.')
param logsName string

@description('Resource id of Teal\'s identity.')
param identityId string

@description('Its object id.')
param principalId string

// Built-in role; its id is the same in every tenant.
var logAnalyticsDataReader = '3b03c2da-16b3-4a49-8834-0f8130efdd3b'

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logsName
}

resource readLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: logs
  name: guid(logs.id, identityId, 'Log Analytics Data Reader')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', logAnalyticsDataReader)
  }
}

@description('Customer id (GUID) of the workspace, used in queries.')
output customerId string = logs.properties.customerId
