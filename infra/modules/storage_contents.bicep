// What Teal keeps in a storage account, its own or an existing one, and who may use it: the host's data, the package, the
// rollouts and the dead letters.

@description('Name of the account.')
param storageName string

@description('Container that the package is deployed to.')
param packageContainer string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Resource id of Teal\'s identity. Role assignments are named after resource ids, which a preview knows, and not after object ids.')
param identityId string

@description('Its object id.')
param principalId string

// The names match the code's. The host would create the poison queue only for the first message that fails permanently;
// created here, it can be monitored from the first day.
var queueNames = ['reconcile', 'reconcile-poison']
var tableNames = ['rollouts', 'minutes', 'open']

// Built-in roles by their Azure names; the ids are the same in every tenant.
var builtIn = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

// The account holds only Teal's data, so the account is the boundary. The host takes blob leases as an owner, looks for
// and creates poison queues (so the narrower queue roles are not enough), and keeps diagnostics in a table.
var onStorage = ['Storage Blob Data Owner', 'Storage Queue Data Contributor', 'Storage Table Data Contributor']

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
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

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = [
  for queue in queueNames: {
    parent: queueService
    name: queue
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-01-01' existing = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-01-01' = [
  for table in tableNames: {
    parent: tableService
    name: table
  }
]

resource storageRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in onStorage: {
    scope: account
    name: guid(account.id, identityId, role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn[role])
    }
  }
]
