// Permission to write to one container, and nothing else.

@description('Name of the storage account.')
param storageName string

@description('Name of the container.')
param containerName string

@description('Resource id of who writes, after which the role assignment is named: a preview knows it.')
param writerId string

@description('Its object id.')
param principalId string

// Built-in role; its id is the same in every tenant.
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = {
      name: containerName
    }
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::blobs::container
  name: guid(account::blobs::container.id, writerId, 'Storage Blob Data Contributor')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}
