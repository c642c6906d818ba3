// Where endpoints write the traffic logs that Teal judges, and where Teal writes its own telemetry.

@description('Name of the Log Analytics workspace. Empty: an existing one is used.')
param logsName string

@description('Name of the Application Insights component. Empty: an existing one is used.')
param insightsName string

@description('Resource id of the Log Analytics workspace, whichever it is.')
param logsId string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Log retention in days.')
param retention int

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = if (!empty(logsName)) {
  name: logsName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retention
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = if (!empty(insightsName)) {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logsId
    DisableLocalAuth: true // telemetry only from identities with the role Monitoring Metrics Publisher
  }
  dependsOn: [logs]
}
