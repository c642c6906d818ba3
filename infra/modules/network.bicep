// The virtual network of an installation without an existing one: a subnet for the app, with a fixed address to the internet for
// Azure Resource Manager, Azure Monitor and public scoring endpoints, and one for private endpoints.

@description('Name of the network.')
param name string

@description('Address range of the network.')
param addressPrefix string

@description('Address range of the app\'s subnet.')
param appPrefix string

@description('Address range of the private endpoints\' subnet.')
param endpointPrefix string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

// Azure is retiring default outbound access from subnets, so the app gets an explicit route.
resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = {
  name: 'pip-${name}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource gateway 'Microsoft.Network/natGateways@2025-05-01' = {
  name: 'ng-${name}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: address.id }] }
}

// Azure's default rules: nothing gets in from the internet. A company adds its own.
resource rules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: 'nsg-${name}'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appPrefix
          networkSecurityGroup: { id: rules.id }
          defaultOutboundAccess: false
          natGateway: { id: gateway.id }
          delegations: [{ name: 'flex-consumption', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointPrefix
          networkSecurityGroup: { id: rules.id }
          privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled' // otherwise the rules do not apply to endpoints
          defaultOutboundAccess: false
        }
      }
    ]
  }
}
