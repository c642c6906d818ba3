// With everything that a company may bring: storage, logs, telemetry, subnets, DNS zones, an action group.
using '../../../infra/main.bicep'

var hub = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/hub/providers'
var shared = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shared/providers'

param environmentName = 'trial'
param location = 'westeurope'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
param existingStorageId = '${shared}/Microsoft.Storage/storageAccounts/stshared'
param existingLogsId = '${hub}/Microsoft.OperationalInsights/workspaces/log-hub'
param existingInsightsId = '${shared}/Microsoft.Insights/components/appi-shared'
param vnetEnabled = true
param appSubnetId = '${hub}/Microsoft.Network/virtualNetworks/vnet-hub/subnets/teal'
param endpointSubnetId = '${hub}/Microsoft.Network/virtualNetworks/vnet-hub/subnets/endpoints'
param dnsZoneIds = { blob: '${hub}/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net' }
param actionGroupId = '${hub}/Microsoft.Insights/actionGroups/ag-hub'
