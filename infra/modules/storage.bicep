// The storage account, without its contents (storage_contents.bicep). Shared keys are disabled.

@minLength(3)
@maxLength(24)
@description('Name of the account.')
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Whether the data is kept in three availability zones.')
param zoneRedundant bool

@description('Whether it is reachable by private endpoints only, and by Event Grid with the identity of its topic.')
param private bool

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  // checkov:skip=CKV_AZURE_206:An option, zoneRedundant. Records describe rollouts in one region, where the endpoints are.
  // checkov:skip=CKV_AZURE_59:An option, vnetEnabled, which ends public network access. No blob is ever public.
  // checkov:skip=CKV_AZURE_35:An option, vnetEnabled. Without shared keys only the identities of this template get in, from any network.
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    supportsHttpsTrafficOnly: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: private ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }
}
