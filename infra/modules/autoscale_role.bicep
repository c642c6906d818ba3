// Permission for the autoscale settings of deployments. They belong to the resource group, not to the workspace: workspaces
// in the same group share this role.

@description('Name of this installation.')
param environmentName string

@description('Object id of Teal\'s identity.')
param principalId string

// Unique in the tenant.
var name = 'Teal ${environmentName} autoscale (${resourceGroup().name}, ${uniqueString(resourceGroup().id, principalId)})'

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, 'Teal autoscale role')
  properties: {
    roleName: name
    description: 'Copy autoscale settings from one deployment to another, and delete the copies.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Insights/autoscalesettings/read'
          'Microsoft.Insights/autoscalesettings/write'
          'Microsoft.Insights/autoscalesettings/delete'
        ]
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, 'Teal autoscale')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}

@description('Name of the role.')
output roleName string = name
