// App Service authentication (Easy Auth): callers send a token of an Entra app registration. No secret is needed, because
// nobody is sent to a sign-in page.

@description('Name of the function app.')
param appName string

@description('Client id of the app registration. Empty: callers are not signed in.')
param clientId string

@description('Tenant whose users and apps may sign in.')
param tenantId string

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource signIn 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  // checkov:skip=CKV_AZURE_13:About the site itself, in app.bicep.
  // checkov:skip=CKV_AZURE_63:About the site itself, in app.bicep.
  // checkov:skip=CKV_AZURE_65:About the site itself, in app.bicep.
  // checkov:skip=CKV_AZURE_66:About the site itself, in app.bicep.
  name: 'authsettingsV2'
  // checkov:skip=CKV_AZURE_80:About the site itself, in app.bicep.
  // checkov:skip=CKV_AZURE_88:About the site itself, in app.bicep.
  // checkov:skip=CKV_AZURE_222:About the site itself, in app.bicep.
  properties: {
    platform: { enabled: !empty(clientId) }
    globalValidation: {
      requireAuthentication: !empty(clientId)
      unauthenticatedClientAction: 'Return401'
      excludedPaths: ['/runtime/webhooks/eventgrid', '/runtime/webhooks/EventGrid'] // it sends a key instead
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: !empty(clientId)
        registration: {
          clientId: clientId
          openIdIssuer: uri(environment().authentication.loginEndpoint, '${tenantId}/v2.0')
        }
        validation: { allowedAudiences: [clientId, 'api://${clientId}'] }
      }
    }
    login: { tokenStore: { enabled: false } }
    httpSettings: { requireHttps: true }
  }
}
