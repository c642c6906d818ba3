// Teal's identity. Nothing else in Teal has a secret or a key.

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

// User-assigned, not system-assigned: its roles exist before the app starts, and survive re-creating the app.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Its object id.')
output principalId string = identity.properties.principalId
