// The private DNS zones of a network that has none, so that names of the storage account resolve to its private endpoints.

@description('Names of the zones.')
param zoneNames array

@description('Resource id of the virtual network that they are for.')
param networkId string

@description('Tags of every resource.')
param tags object

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zoneNames: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, i) in zoneNames: {
    parent: zones[i]
    name: last(split(networkId, '/'))
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
  }
]
