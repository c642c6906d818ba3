// What Teal needs in the resource groups of existing machine learning workspaces: its permissions, and the endpoints'
// traffic logs. A layer of its own, after main.bicep (see there). Never declare an endpoint or a deployment: redeploying
// one would reset the traffic that Teal controls.
targetScope = 'subscription'

import { otherWorkspace } from 'modules/types.bicep'

@description('Name of this installation.')
param environmentName string

@description('Name of the existing workspace.')
param workspaceName string

@description('Its resource group, in the subscription that this is deployed to.')
param workspaceResourceGroup string

@description('Object id of Teal\'s identity.')
param principalId string

@description('Resource id of the Log Analytics workspace that Teal reads.')
param logsId string

@description('Online endpoints whose traffic Teal judges: comma-separated names. Those that do not exist yet are skipped, and listed in an output.')
param endpoints string = ''

@description('Whether policies create deployments from templates with local code or environments, which Teal then uploads.')
param templates bool = false

@description('Whether a policy reads platform metrics. Off by default: this needs a permission on the whole subscription.')
param readsMetrics bool = false

@description('Whether Teal reads the quota before it creates a deployment. Off by default: this needs a role on the whole subscription.')
param readsQuota bool = false

@description('Whether a policy judges predictions. Off by default: collected answers may be personal data.')
param readsPredictions bool = false

@description('Further workspaces that this installation serves, in any resource group and subscription of the tenant.')
param otherWorkspaces otherWorkspace[] = []

// Every workspace, the installation's own first.
var workspaces = concat(
  [
    {
      subscription: subscription().subscriptionId
      group: workspaceResourceGroup
      name: workspaceName
      endpoints: endpoints
      logsId: logsId
    }
  ],
  map(otherWorkspaces, each => {
    subscription: split(each.id, '/')[2]
    group: split(each.id, '/')[4]
    name: split(each.id, '/')[8]
    endpoints: each.?endpoints ?? ''
    logsId: contains(each, 'logs_workspace_id') == contains(each, 'logs_id')
      ? each.?logs_id ?? logsId
      : fail('a workspace that logs elsewhere needs both logs_workspace_id and logs_id')
  })
)
var groups = union([], map(workspaces, each => { subscription: each.subscription, group: each.group }))
var subscriptions = union([], map(workspaces, each => each.subscription))
var otherLogs = union([], map(filter(otherWorkspaces, each => contains(each, 'logs_id')), each => each.?logs_id ?? ''))

module access 'modules/workspace_access.bicep' = [
  for (each, i) in workspaces: {
    name: 'teal-workspace-${environmentName}-${i}'
    scope: resourceGroup(each.subscription, each.group)
    params: {
      environmentName: environmentName
      workspaceName: each.name
      principalId: principalId
      logsId: each.logsId
      endpointNames: filter(map(split(each.endpoints, ','), name => trim(name)), name => !empty(name))
      templates: templates
      readsPredictions: readsPredictions
    }
  }
]

module autoscale 'modules/autoscale_role.bicep' = [
  for (each, i) in groups: {
    name: 'teal-autoscale-${environmentName}-${i}'
    scope: resourceGroup(each.subscription, each.group)
    params: { environmentName: environmentName, principalId: principalId }
  }
]

module metrics 'modules/metrics.bicep' = [
  for (each, i) in subscriptions: if (readsMetrics) {
    name: 'teal-metrics-${environmentName}-${i}'
    scope: subscription(each)
    params: { principalId: principalId }
  }
]

module quota 'modules/quota.bicep' = [
  for (each, i) in subscriptions: if (readsQuota) {
    name: 'teal-quota-${environmentName}-${i}'
    scope: subscription(each)
    params: { environmentName: environmentName, principalId: principalId }
  }
]

module logs 'modules/logs_access.bicep' = [
  for (each, i) in otherLogs: {
    name: 'teal-logs-${environmentName}-${i}'
    scope: resourceGroup(split(each, '/')[2], split(each, '/')[4])
    params: { logsName: last(split(each, '/')), identityId: principalId, principalId: principalId }
  }
]

@description('Teal\'s role on the workspace.')
output TEAL_ROLE string = access[0].outputs.roleName

@description('Teal\'s role for autoscale settings.')
output TEAL_AUTOSCALE_ROLE string = autoscale[0].outputs.roleName

@description('Region of the workspace: of its events, and where its metrics are queried.')
output TEAL_REGION string = access[0].outputs.region

@description('Endpoints that do not exist yet: their traffic is not logged until this is deployed again.')
output TEAL_MISSING_ENDPOINTS string = access[0].outputs.missing

@description('The same for each further workspace.')
output TEAL_MISSING_ELSEWHERE string[] = [
  for (each, i) in otherWorkspaces: '${split(each.id, '/')[8]}: ${access[i + 1].outputs.missing}'
]
