# The parameters of the three templates. Those that are null are left out, so that the templates' own defaults apply.

locals {
  other_workspaces = var.other_workspaces == null ? null : [
    for each in var.other_workspaces : { for name, value in each : name => value if value != null }
  ]

  app_parameters = {
    environmentName        = var.environment_name
    location               = var.location
    workspaceName          = var.workspace_name
    workspaceResourceGroup = var.workspace_resource_group
    workspaceRegion        = var.workspace_region
    policies               = var.policies
    instanceMemory         = var.instance_memory
    alwaysReady            = var.always_ready
    zoneRedundant          = var.zone_redundant
    tags                   = var.tags
    logRetention           = var.log_retention
    entraClientId          = var.entra_client_id
    entraTenantId          = var.entra_tenant_id
    trustEasyAuth          = var.trust_easy_auth
    otherWorkspaces        = local.other_workspaces
    evidenceDays           = var.evidence_days
    historyDays            = var.history_days
    appSettings            = var.app_settings
    actionGroupId          = var.action_group_id
    alertEmail             = var.alert_email
    customNames            = var.custom_names
    existingStorageId      = var.existing_storage_id
    existingLogsId         = var.existing_logs_id
    existingInsightsId     = var.existing_insights_id
    vnetEnabled            = var.vnet_enabled
    vnetAddressPrefix      = var.vnet_address_prefix
    appSubnetId            = var.app_subnet_id
    endpointSubnetId       = var.endpoint_subnet_id
    dnsZoneIds             = var.dns_zone_ids
    privateSite            = var.private_site
  }

  workspace_parameters = {
    environmentName        = var.environment_name
    workspaceName          = var.workspace_name
    workspaceResourceGroup = var.workspace_resource_group
    principalId            = local.app_outputs.TEAL_PRINCIPAL_ID
    logsId                 = local.app_outputs.TEAL_LOGS_ID
    endpoints              = var.endpoints
    templates              = var.templates
    readsMetrics           = var.reads_metrics
    readsQuota             = var.reads_quota
    readsPredictions       = var.reads_predictions
    otherWorkspaces        = local.other_workspaces
  }

  events_parameters = {
    environmentName        = var.environment_name
    workspaceName          = var.workspace_name
    workspaceResourceGroup = var.workspace_resource_group
    workspaceRegion        = local.workspace_outputs.TEAL_REGION
    codeDeployed           = var.code_deployed
    functionAppId          = local.app_outputs.TEAL_FUNCTION_APP_ID
    storageId              = local.app_outputs.TEAL_STORAGE_ID
    deadLetterContainer    = local.app_outputs.TEAL_DEAD_LETTER_CONTAINER
    systemTopic            = var.system_topic
    subject                = var.event_subject
    tags                   = var.tags
    otherWorkspaces        = local.other_workspaces
  }

  # As text for each value, because the values have different types.
  app_content = jsonencode({
    for name, value in { for name, value in local.app_parameters : name => jsonencode(value) } :
    name => { value = jsondecode(value) } if value != "null"
  })
  workspace_content = jsonencode({
    for name, value in { for name, value in local.workspace_parameters : name => jsonencode(value) } :
    name => { value = jsondecode(value) } if value != "null"
  })
  events_content = jsonencode({
    for name, value in { for name, value in local.events_parameters : name => jsonencode(value) } :
    name => { value = jsondecode(value) } if value != "null"
  })
}
