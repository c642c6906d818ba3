// What Teal needs at one machine learning workspace: its role, and the traffic logs of the endpoints.

@description('Name of this installation.')
param environmentName string

@description('Name of the workspace, in this resource group.')
param workspaceName string

@description('Object id of Teal\'s identity.')
param principalId string

@description('Resource id of the Log Analytics workspace for the traffic logs.')
param logsId string

@description('Names of endpoints, which need not exist yet.')
param endpointNames array

@description('Whether Teal uploads code and registers environments.')
param templates bool

@description('Whether Teal reads collected answers.')
param readsPredictions bool

module permissions 'permissions.bicep' = {
  name: 'teal-permissions-${environmentName}-${workspaceName}'
  params: {
    environmentName: environmentName
    workspaceName: workspaceName
    principalId: principalId
    templates: templates
    readsPredictions: readsPredictions
  }
}

module found 'existing_endpoints.bicep' = {
  name: 'teal-endpoints-${environmentName}-${workspaceName}'
  params: { workspaceName: workspaceName, endpointNames: endpointNames }
}

module diagnostics 'diagnostics.bicep' = {
  name: 'teal-diagnostics-${environmentName}-${workspaceName}'
  params: {
    settingName: 'teal-${environmentName}'
    workspaceName: workspaceName
    endpointNames: endpointNames
    #disable-next-line what-if-short-circuiting // only Azure knows which exist: the preview shows these settings with a condition
    existing: found.outputs.names
    logsId: logsId
  }
}

@description('Teal\'s role on the workspace.')
output roleName string = permissions.outputs.roleName

@description('Region of the workspace.')
output region string = permissions.outputs.region

@description('Comma-separated names of endpoints that do not exist yet.')
output missing string = join(filter(endpointNames, name => !contains(found.outputs.names, name)), ',')
