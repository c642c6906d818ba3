// The two identities. Nothing else in Teal has a secret, a key or an identity.

@description('Suffix that makes names unique.')
param token string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

// One assigned by the user, not the system's: its roles exist before the app starts, and outlive a re-created app.
resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-teal-${token}'
  location: location
  tags: tags
}

// Event Grid has its own, so that whoever may add subscriptions to the workspace's topic cannot use Teal's rights.
resource events 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-teal-events-${token}'
  location: location
  tags: tags
}

@description('Name of the identity that Teal acts as.')
output appName string = app.name

@description('Its object id.')
output appPrincipalId string = app.properties.principalId

@description('Resource id of the identity that Event Grid writes dead letters with.')
output eventsId string = events.id

@description('Its object id.')
output eventsPrincipalId string = events.properties.principalId
