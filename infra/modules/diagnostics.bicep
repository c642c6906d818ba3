// Sends the traffic logs of existing online endpoints to Log Analytics. Only those: Teal reads no other category, and
// each is billed by volume. An endpoint may have several such settings; this one does not affect the others.

@description('Name of the diagnostic setting; one per installation of Teal.')
param settingName string

@description('Name of the machine learning workspace.')
param workspaceName string

@description('Names of endpoints.')
param endpointNames array

@description('The names of those that exist, and an empty text for each other one.')
param existing array

@description('Resource id of the Log Analytics workspace.')
param logsId string

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

resource endpoints 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-12-01' existing = [
  for name in endpointNames: {
    parent: workspace
    name: name
  }
]

// Its newest version is old.
#disable-next-line use-recent-api-versions
resource settings 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [
  for (name, i) in endpointNames: if (!empty(existing[i])) {
    scope: endpoints[i]
    name: settingName
    properties: {
      workspaceId: logsId
      logs: [{ category: 'AmlOnlineEndpointTrafficLog', enabled: true }]
    }
  }
]
