// Permission to send telemetry to an Application Insights component, Teal's own or an existing one.

@description('Name of the component.')
param insightsName string

@description('Resource id of Teal\'s identity.')
param identityId string

@description('Its object id.')
param principalId string

// Built-in role; its id is the same in every tenant.
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource publishTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, identityId, 'Monitoring Metrics Publisher')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}
