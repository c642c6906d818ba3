// Alerts on what the app logs (shared/health.py) and on the results of its functions. tests/functions/test_alerts.py runs
// each query over the lines that the code really writes.

@description('Name of the function app, which is its role name in Application Insights.')
param appName string

@description('Resource id of its Application Insights component.')
param insightsId string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of an existing action group. Empty: one is created for the address.')
param actionGroupId string

@description('Mail address that the created action group notifies. Empty: none is created.')
param email string

@description('Name of the created action group.')
param actionGroupName string

// Azure's severities: 0 critical, 1 error, 2 warning. An alert with `about` fires once for each endpoint or rollout.
var rules = [
  {
    name: 'failed-function'
    severity: 1
    title: 'Teal: a function failed'
    remedy: 'Read the exception in the failures of this function in Application Insights. The next tick tries again, unless it is a defect.'
    query: loadTextContent('../alerts/failed-function.kql')
  }
  {
    name: 'poison-message'
    severity: 2
    title: 'Teal: a queue message failed permanently'
    remedy: 'Read the messages of the queue reconcile-poison and the failures of the function reconcile, then clear the queue. The timer queues every endpoint again.'
    query: loadTextContent('../alerts/poison-message.kql')
  }
  {
    name: 'dead-letter'
    severity: 1
    title: 'Teal: an event could not be delivered'
    remedy: 'A registered model started no rollout. Start the lost rollouts (POST /api/rollouts), then delete the blobs of the container dead-letters.'
    query: loadTextContent('../alerts/dead-letter.kql')
  }
  {
    name: 'no-tick'
    severity: 0
    title: 'Teal: the timer has not fired for five minutes'
    remedy: 'Nothing advances and nothing rolls back. Check that the app runs and that its function tick is enabled, then restart it. Before the first deployment of the code this is normal.'
    query: loadTextContent('../alerts/no-tick.kql')
  }
  {
    name: 'waiting-for-operator'
    severity: 2
    title: 'Teal: a rollout has been paused for an hour'
    remedy: 'The rollout says why it is paused, and how it is resumed, promoted or rolled back.'
    query: loadTextContent('../alerts/waiting-for-operator.kql')
  }
  {
    name: 'silent-telemetry'
    severity: 2
    title: 'Teal: telemetry is silent'
    remedy: 'Nothing is judged, so the rollout waits, and green keeps its traffic: roll back if users complain. Check the diagnostic setting of the endpoint and the role of Teal on the Log Analytics workspace.'
    query: loadTextContent('../alerts/silent-telemetry.kql')
  }
  {
    name: 'failed-rollout'
    severity: 1
    title: 'Teal: a rollout failed and needs an operator'
    remedy: 'Green may still have traffic. Read the last entries of its history, which say what is left to do. This alert ends ten minutes later, whether or not anybody did it.'
    query: loadTextContent('../alerts/failed-rollout.kql')
  }
  {
    name: 'unhealthy'
    severity: 1
    title: 'Teal: a health check fails'
    remedy: 'GET /api/health says what to do about each finding.'
    query: loadTextContent('../alerts/unhealthy.kql')
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (empty(actionGroupId)) {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'Teal'
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'alert-${appName}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: '${rule.remedy} Commands: docs/runbook.md.'
      enabled: true
      severity: rule.severity
      scopes: [insightsId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT10M' // the health report comes every five minutes
      autoMitigate: true // one notification as long as it lasts, and one when it is over
      criteria: {
        allOf: [
          {
            query: replace(rule.query, '{app}', appName)
            timeAggregation: 'Count'
            operator: rule.name == 'no-tick' ? 'LessThan' : 'GreaterThan'
            threshold: rule.name == 'no-tick' ? 1 : 0
            dimensions: contains(rule.query, 'about =') ? [{ name: 'about', operator: 'Include', values: ['*'] }] : []
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [empty(actionGroupId) ? group.id : actionGroupId] }
    }
  }
]
