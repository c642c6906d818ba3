// Permission to read the quota of virtual cores, which Azure ML lists for the whole subscription. It is optional: without
// it a deployment that does not fit is refused by Azure, and its rollout rolled back.
targetScope = 'subscription'

@description('Name of this installation.')
param environmentName string

@description('Object id of Teal\'s identity.')
param principalId string

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, principalId, 'Teal quota role')
  properties: {
    roleName: 'Teal ${environmentName} quota (${uniqueString(subscription().id, principalId)})' // unique in the tenant
    description: 'Read instance types and the usage of the quota of Azure Machine Learning.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: [
          'Microsoft.MachineLearningServices/locations/usages/read'
          'Microsoft.MachineLearningServices/locations/vmsizes/read'
        ]
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, 'Teal quota')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}
