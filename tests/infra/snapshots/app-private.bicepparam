// In a virtual network of its own, the API included, under the company's names, with sign-in.
using '../../../infra/main.bicep'

param environmentName = 'trial'
param location = 'westeurope'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param vnetEnabled = true
param privateSite = true
param entraClientId = '22222222-2222-2222-2222-222222222222'
param vnetAddressPrefix = '10.20.30.0/24'
param customNames = {
  resourceGroup: 'rg-weu-ml-teal'
  identity: 'id-weu-ml-teal'
  storage: 'stweumlteal'
  logs: 'log-weu-ml-teal'
  insights: 'appi-weu-ml-teal'
  plan: 'asp-weu-ml-teal'
  app: 'func-weu-ml-teal'
  actionGroup: 'ag-weu-ml-teal'
  network: 'vnet-weu-ml-teal'
}
