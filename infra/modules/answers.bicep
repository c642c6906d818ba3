// The right to read the answers that deployments collected, where Azure ML's data collector puts them by default: in the
// workspace's own storage account, which may be in another resource group. Its id is known only from the workspace, and
// a scope must be known when a deployment begins: hence one module within another.

@description('Resource id of the workspace\'s storage account.')
param storageId string

@description('Object id of the identity that Teal acts as.')
param principalId string

var parts = split(storageId, '/')

module reader 'blob_reader.bicep' = {
  name: 'teal-blob-reader-${uniqueString(storageId, principalId)}'
  scope: resourceGroup(parts[2], parts[4])
  params: { storageName: last(parts), principalId: principalId }
}
