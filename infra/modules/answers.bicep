// Permission to read collected answers where Azure ML's data collector stores them by default: in the workspace's own
// storage account, which may be in another resource group. Its id is only known from the workspace, but a scope must be
// known when a deployment starts: hence the nested module.

@description('Resource id of the workspace\'s storage account.')
param storageId string

@description('Object id of Teal\'s identity.')
param principalId string

var parts = split(storageId, '/')

module reader 'blob_reader.bicep' = {
  name: 'teal-blob-reader-${uniqueString(storageId, principalId)}'
  scope: resourceGroup(parts[2], parts[4])
  params: { storageName: last(parts), principalId: principalId }
}
