// Lets a system topic write dead letters with its own identity, the only kind that a storage account's firewall admits.

@description('Name of the topic, in this resource group.')
param topicName string

@description('Resource id of the storage account for dead letters.')
param storageId string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Name of this installation.')
param environmentName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

module writer 'blob_writer.bicep' = {
  name: 'teal-dead-letters-${environmentName}'
  scope: resourceGroup(split(storageId, '/')[2], split(storageId, '/')[4])
  params: {
    storageName: last(split(storageId, '/'))
    containerName: deadLetterContainer
    writerId: topic.id
    principalId: topic.identity!.principalId
  }
}

@description('Object id of the topic\'s identity.')
output principalId string = topic.identity!.principalId
