// The Azure Monitor workbook: rollouts, health and failures, the ticks, and each deployment's requests.

@description('Name of the workbook: Azure asks for a GUID.')
param name string

@description('Name that it is shown with.')
param title string

@description('Name of the function app, which is its role name in Application Insights.')
param appName string

@description('Resource id of its Application Insights component.')
param insightsId string

@description('Resource id of the Log Analytics workspace with the endpoints\' request logs.')
param logsId string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

var ofTheApp = replace(loadTextContent('../workbook.json'), '{app}', appName)
var content = replace(replace(ofTheApp, '{insights}', insightsId), '{logs}', logsId)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: insightsId
    version: '1.0'
    serializedData: content
  }
}

@description('Resource id of the workbook.')
output id string = workbook.id
