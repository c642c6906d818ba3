// Private endpoints, and their names in private DNS zones.

@description('The endpoints: the name of each, the id of what it leads to, the kind of service there (blob, queue, table or sites) and the zoneId of its private DNS zone, empty if the company registers the endpoint itself.')
param targets array

@description('Resource id of the subnet that they are in.')
param subnetId string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for target in targets: {
    name: target.name
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        #disable-next-line use-resource-id-functions // a parameter, though in a list
        { name: target.name, properties: { privateLinkServiceId: target.id, groupIds: [target.kind] } }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (target, i) in targets: if (!empty(target.zoneId)) {
    parent: endpoints[i]
    name: 'default'
    #disable-next-line use-resource-id-functions // the same
    properties: { privateDnsZoneConfigs: [{ name: target.kind, properties: { privateDnsZoneId: target.zoneId } }] }
  }
]
