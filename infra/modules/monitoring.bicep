// Where endpoints write the traffic logs that Teal judges, and where Teal writes its own telemetry.

@description('Suffix that makes names unique.')
param token string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Log retention in days.')
param retention int

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-teal-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retention
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-teal-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true // telemetry only from identities with the role Monitoring Metrics Publisher
  }
}

@description('Resource id of the Log Analytics workspace.')
output logsId string = logs.id

@description('Name of the Log Analytics workspace.')
output logsName string = logs.name

@description('Its customer id (GUID).')
output logsCustomerId string = logs.properties.customerId

@description('Name of the Application Insights component.')
output insightsName string = insights.name
