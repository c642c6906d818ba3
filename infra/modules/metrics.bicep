// Permission to read the metrics of online endpoints. Azure answers queries for several metrics of an endpoint only with
// permission to read monitoring data on the whole subscription, so it is granted only if a policy reads metrics.
targetScope = 'subscription'

@description('Object id of Teal\'s identity.')
param principalId string

// Built-in role; its id is the same in every tenant.
var monitoringReader = '43d0d8ad-25c7-4714-9337-8ba259a9fe05'

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, 'Monitoring Reader')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringReader)
  }
}
