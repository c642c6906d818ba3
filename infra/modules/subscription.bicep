// The subscription that delivers ModelRegistered events to Teal's function.

@description('Name of the subscription.')
param name string

@description('Name of the system topic.')
param topicName string

@description('Resource id of the function app.')
param functionAppId string

@description('Resource id of the storage account for dead letters.')
param storageId string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Prefix of the subject; empty for all.')
param subject string

// The name in the code of the function that receives these events.
var functionName = 'model_registered'

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: last(split(functionAppId, '/'))
  scope: resourceGroup(split(functionAppId, '/')[2], split(functionAppId, '/')[4])

  resource receiver 'functions' existing = {
    name: functionName
  }
}

resource eventSubscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: app::receiver.id
        maxEventsPerBatch: 1 // one failure makes Event Grid redeliver the whole batch
        preferredBatchSizeInKilobytes: 64
      }
    }
    // No filter on tags: documentation and payloads disagree on the spelling of data.ModelTags. The code checks tags.
    filter: {
      includedEventTypes: ['Microsoft.MachineLearningServices.ModelRegistered']
      subjectBeginsWith: subject
      isSubjectCaseSensitive: false
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageId, blobContainerName: deadLetterContainer }
      }
    }
  }
}
