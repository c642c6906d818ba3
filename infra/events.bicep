// Delivers the workspace's ModelRegistered events to Teal. The last layer, after the code: Event Grid rejects a subscription
// whose function does not exist yet. Before the first deployment of the code it therefore creates nothing.
targetScope = 'subscription'

@description('Name of this installation.')
param environmentName string

@description('Name of the existing workspace.')
param workspaceName string

@description('Its resource group, in the subscription that this is deployed to.')
param workspaceResourceGroup string

@description('Region of the workspace.')
param workspaceRegion string

@description('Whether the code has been deployed. Set by the hook `postdeploy`.')
param codeDeployed bool = false

@description('Resource id of the function app.')
param functionAppId string

@description('Resource id of the storage account for dead letters.')
param storageId string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Name of the workspace\'s system topic if it already has one: Azure allows one per workspace. Its system-assigned identity must be on. Empty: one is created.')
param systemTopic string = ''

@description('Only models whose event subject starts with this, such as "models/churn:" (with the colon). Empty: all models; policies choose.')
param subject string = ''

@description('Tags of the system topic, if it is created.')
param tags { *: string } = {}

import { otherWorkspace } from 'modules/types.bicep'

@description('Further workspaces that this installation serves, in any resource group and subscription of the tenant.')
param otherWorkspaces otherWorkspace[] = []

var topicName = empty(systemTopic) ? 'evgt-${workspaceName}' : systemTopic

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' existing = {
  name: workspaceResourceGroup
}

module topic 'modules/topic.bicep' = if (codeDeployed && empty(systemTopic)) {
  name: 'teal-topic-${environmentName}'
  scope: group
  params: {
    name: topicName
    workspaceName: workspaceName
    location: workspaceRegion
    tags: tags
  }
}

module deadLetters 'modules/topic_identity.bicep' = if (codeDeployed) {
  name: 'teal-topic-identity-${environmentName}'
  scope: group
  params: {
    topicName: topicName
    storageId: storageId
    deadLetterContainer: deadLetterContainer
    environmentName: environmentName
  }
  dependsOn: [topic]
}

module eventSubscription 'modules/subscription.bicep' = if (codeDeployed) {
  name: 'teal-subscription-${environmentName}'
  scope: group
  params: {
    name: 'teal-${environmentName}'
    topicName: topicName
    functionAppId: functionAppId
    storageId: storageId
    deadLetterContainer: deadLetterContainer
    subject: subject
  }
  dependsOn: [topic, deadLetters]
}

module others 'modules/workspace_events.bicep' = [
  for (each, i) in otherWorkspaces: if (codeDeployed) {
    name: 'teal-events-${environmentName}-${i}'
    scope: resourceGroup(split(each.id, '/')[2], split(each.id, '/')[4])
    params: {
      environmentName: environmentName
      workspaceName: split(each.id, '/')[8]
      region: each.region
      systemTopic: each.?system_topic ?? ''
      functionAppId: functionAppId
      storageId: storageId
      deadLetterContainer: deadLetterContainer
      subject: subject
      tags: tags
    }
  }
]

@description('The system topic that carries the events.')
output TEAL_EVENT_TOPIC string = topicName

@description('The event subscription.')
output TEAL_EVENT_SUBSCRIPTION string = 'teal-${environmentName}'

@description('Object id of the topic\'s own identity, for the removal.')
output TEAL_TOPIC_PRINCIPAL_ID string = deadLetters.?outputs.principalId ?? ''

@description('The same of the further workspaces\' topics.')
output TEAL_OTHER_TOPIC_PRINCIPAL_IDS string[] = [
  for (each, i) in otherWorkspaces: codeDeployed ? others[i]!.outputs.topicPrincipalId : ''
]
