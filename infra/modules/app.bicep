// The function app on Flex Consumption. It has no keys: it accesses storage, telemetry and Azure ML with its identity.

@description('Name of the function app.')
param name string

@description('Name of its plan.')
param planName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of Teal\'s identity.')
param identityName string

@description('Resource id of the storage account.')
param storageId string

@description('Container that the package is deployed to.')
param packageContainer string

@description('Resource id of the Application Insights component.')
param insightsId string

@description('Resource id of the subnet that the app runs in. Empty: none.')
param subnetId string

@description('Whether callers reach the app by a private endpoint only.')
param private bool

@description('Client id of the Entra app registration that callers sign in with. Empty: callers are not signed in.')
param entraClientId string

@description('Tenant whose users and apps may sign in.')
param entraTenantId string

@description('Whether sign-in is set here. If not, someone else has set it up.')
param managesSignIn bool

@description('Memory of one instance in MB.')
param instanceMemory int

@description('Instances that are always ready for the HTTP API.')
param alwaysReady int

@description('Whether the plan spreads its instances over availability zones.')
param zoneRedundant bool

@description('The settings that Teal itself reads.')
param settings object

@description('Settings added by the operator, such as those that policies use. They cannot override the others.')
param furtherSettings object

// azure-core's name of the cloud that this is deployed to.
var clouds = {
  AzureCloud: 'AZURE_PUBLIC_CLOUD'
  AzureUSGovernment: 'AZURE_US_GOVERNMENT'
  AzureChinaCloud: 'AZURE_CHINA_CLOUD'
}

// FUNCTIONS_WORKER_RUNTIME and FUNCTIONS_EXTENSION_VERSION must not be set: Flex Consumption rejects them.
var systemSettings = {
  AzureWebJobsStorage__blobServiceUri: account.properties.primaryEndpoints.blob
  AzureWebJobsStorage__queueServiceUri: account.properties.primaryEndpoints.queue
  AzureWebJobsStorage__tableServiceUri: account.properties.primaryEndpoints.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '2097152' // bytes; the app itself refuses bodies over 1 MB, but only once they are in memory
  AZURE_SDK_CLOUD_CONF: clouds[environment().name]
  AZURE_CLIENT_ID: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
}

// Event Grid cannot deliver to a private endpoint. Its addresses can reach the app, which still requires the key of
// the Event Grid extension; everyone else, deployments included, uses the private endpoint.
var fromEventGrid = {
  name: 'event-grid'
  priority: 100
  action: 'Allow'
  tag: 'ServiceTag'
  ipAddress: 'AzureEventGrid'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: last(split(storageId, '/'))
  scope: resourceGroup(split(storageId, '/')[2], split(storageId, '/')[4])
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: last(split(insightsId, '/'))
  scope: resourceGroup(split(insightsId, '/')[2], split(insightsId, '/')[4])
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  // checkov:skip=CKV_AZURE_225:An option, zoneRedundant. A rollout waits while its region is down, and continues afterwards.
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'teal' })
  kind: 'functionapp,linux'
  // checkov:skip=CKV_AZURE_17:Callers have a function key or an Entra token; Event Grid has no certificate to present.
  // checkov:skip=CKV_AZURE_222:Event Grid delivers from outside the network; privateSite admits only its addresses. Every function needs a key or a token.
  // checkov:skip=CKV_AZURE_212:Flex Consumption scales from zero; alwaysReady keeps instances for the HTTP API.
  // checkov:skip=CKV_AZURE_213:Flex Consumption has no health check; a timer logs the findings of GET /api/health.
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: private ? 'Deny' : null
      ipSecurityRestrictions: private ? [fromEventGrid] : null
      scmIpSecurityRestrictionsDefaultAction: private ? 'Deny' : null
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: uri(account.properties.primaryEndpoints.blob, packageContainer)
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: { name: 'python', version: '3.11' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        alwaysReady: alwaysReady > 0 ? [{ name: 'http', instanceCount: alwaysReady }] : []
        maximumInstanceCount: 40 // the minimum on Flex Consumption; idle instances cost nothing
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    dependsOn: [signIn]
    properties: union(furtherSettings, settings, systemSettings) // the last one wins
  }

  // Sequentially: a site rejects concurrent configuration changes (409).
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
    dependsOn: [appSettings]
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
    dependsOn: [ftp]
  }
}

// Before the settings, which say that the platform's header can be trusted.
module signIn 'sign_in.bicep' = if (managesSignIn) {
  name: 'sign-in'
  params: { appName: app.name, clientId: entraClientId, tenantId: entraTenantId }
}

@description('Its URL.')
output url string = 'https://${app.properties.defaultHostName}'
