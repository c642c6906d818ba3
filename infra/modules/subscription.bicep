// The subscription that hands ModelRegistered events to Teal's function.

@description('Name of the subscription.')
param name string

@description('Name of the system topic.')
param topicName string

@description('Resource id of the function app.')
param functionAppId string

@description('Resource id of the storage account that keeps dead letters.')
param storageId string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Resource id of the identity that may write there; the topic has it.')
param identityId string

@description('Beginning of the subject; empty for all.')
param subject string

// The code's name of the function that takes these events.
var functionName = 'model_registered'

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource eventSubscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/${functionName}'
        maxEventsPerBatch: 1 // one failure makes Event Grid send the whole batch again
        preferredBatchSizeInKilobytes: 64
      }
    }
    // No filter on tags: documents and payloads disagree on the spelling of data.ModelTags. The code looks at tags.
    filter: {
      includedEventTypes: ['Microsoft.MachineLearningServices.ModelRegistered']
      subjectBeginsWith: subject
      isSubjectCaseSensitive: false
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: identityId }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageId, blobContainerName: deadLetterContainer }
      }
    }
  }
}
