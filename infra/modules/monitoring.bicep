// Where endpoints write the traffic logs that Teal judges, and where Teal writes its own telemetry.

@description('Name of the Log Analytics workspace.')
param logsName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Log retention in days.')
param retention int

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: logsName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retention
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
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

@description('Its customer id (GUID).')
output logsCustomerId string = logs.properties.customerId

@description('Resource id of the Application Insights component.')
output insightsId string = insights.id
