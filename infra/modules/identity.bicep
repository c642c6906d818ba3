// The two identities. Nothing else in Teal has a secret, a key or an identity.

@description('Name of Teal\'s identity.')
param appName string

@description('Name of the identity that Event Grid writes dead letters with.')
param eventsName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

// User-assigned, not system-assigned: its roles exist before the app starts, and survive re-creating the app.
resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: appName
  location: location
  tags: tags
}

// Event Grid has its own, so that those who can add subscriptions to the workspace's topic cannot use Teal's permissions.
resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: eventsName
  location: location
  tags: tags
}

@description('Object id of Teal\'s identity.')
output appPrincipalId string = app.properties.principalId

@description('Object id of the identity that Event Grid writes dead letters with.')
output eventsPrincipalId string = events.properties.principalId
