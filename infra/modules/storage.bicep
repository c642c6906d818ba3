// The storage account: the host's data, the package, the rollouts and the dead letters. Shared keys are disabled.

@minLength(3)
@maxLength(24)
@description('Name of the account.')
param name string

@description('Container that the package is deployed to.')
param packageContainer string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Whether the data is kept in three availability zones.')
param zoneRedundant bool

// The names match the code's. The host would create the poison queue only for the first message that fails permanently;
// created here, it can be monitored from the first day.
var queueNames = ['reconcile', 'reconcile-poison']
var tableNames = ['rollouts', 'minutes', 'open']

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  // checkov:skip=CKV_AZURE_206:An option, zoneRedundant. Records describe rollouts in one region, where the endpoints are.
  // checkov:skip=CKV_AZURE_35:Without shared keys nothing but the identities of this template gets in, from any network.
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    supportsHttpsTrafficOnly: true
    minimumTlsVersion: 'TLS1_2'
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: packageContainer
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: deadLetterContainer
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = [
  for queue in queueNames: {
    parent: queueService
    name: queue
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = [
  for table in tableNames: {
    parent: tableService
    name: table
  }
]

@description('Resource id of the account.')
output id string = account.id

@description('Endpoint of its tables, without a trailing slash.')
output tablesEndpoint string = 'https://${account.name}.table.${environment().suffixes.storage}'
