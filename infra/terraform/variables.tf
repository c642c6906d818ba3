# The parameters of infra/main.bicep, infra/workspace.bicep and infra/events.bicep, with their meaning there.

variable "environment_name" {
  description = "Name of this installation; Azure Developer CLI calls it the environment."
  type        = string
}

variable "location" {
  description = "Region of the function app and its storage. It must offer Flex Consumption; the workspace may be elsewhere."
  type        = string
}

variable "workspace_name" {
  description = "Name of the existing Azure Machine Learning workspace whose endpoints Teal delivers to. Same subscription."
  type        = string
}

variable "workspace_resource_group" {
  description = "Resource group of that workspace."
  type        = string
}

variable "policies" {
  description = "Folder of the rollout policies inside the package."
  type        = string
  default     = null
}

variable "workspace_region" {
  description = "Region of that workspace, where its metrics are queried. Empty: the app asks the workspace."
  type        = string
  default     = null
}

variable "instance_memory" {
  description = "Memory of one function instance in MB. azure-ai-ml alone takes 100 MB when loaded."
  type        = number
  default     = null
}

variable "always_ready" {
  description = "Instances that are always ready for the HTTP API, which answers without a cold start then. They are billed while idle. With zone_redundant none or at least 2."
  type        = number
  default     = null
}

variable "zone_redundant" {
  description = "Whether the app and its data are spread over availability zones. The region must have them. Azure then keeps two instances of each function ready, and bills them."
  type        = bool
  default     = null
}

variable "tags" {
  description = "Tags of every resource, by name."
  type        = map(string)
  default     = null
}

variable "log_retention" {
  description = "Retention of logs and traffic logs in days."
  type        = number
  default     = null
}

variable "entra_client_id" {
  description = "Client id of the Entra app registration with the roles of app-roles.json. With it the platform signs callers in, and their app roles decide what they may do. Empty: function keys alone."
  type        = string
  default     = null
}

variable "entra_tenant_id" {
  description = "Tenant whose users and apps may sign in."
  type        = string
  default     = null
}

variable "trust_easy_auth" {
  description = "Whether App Service authentication was set up otherwise and signs callers in, with the same app roles. These templates then leave it alone."
  type        = bool
  default     = null
}

variable "other_workspaces" {
  description = "Further workspaces that this installation serves, in any resource group and subscription of the tenant; see docs/deploying.md."
  type = list(object({
    id                = string
    region            = string
    endpoints         = optional(string)
    logs_workspace_id = optional(string)
    logs_id           = optional(string)
    system_topic      = optional(string)
  }))
  default = null
}

variable "evidence_days" {
  description = "Days for which the telemetry that a finished rollout was judged by is kept."
  type        = number
  default     = null
}

variable "history_days" {
  description = "Days for which a finished rollout and its history are kept."
  type        = number
  default     = null
}

variable "app_settings" {
  description = "Further app settings by name, such as those that policies use as `$${NAME}`. If set manually, they would be lost: every provision replaces them all."
  type        = map(string)
  default     = null
}

variable "action_group_id" {
  description = "Resource id of an existing action group, in any subscription of the tenant, that the alerts notify."
  type        = string
  default     = null
}

variable "alert_email" {
  description = "Mail address that the alerts notify, by an action group that is created for it. With neither this nor an action group there are no alerts."
  type        = string
  default     = null
}

variable "custom_names" {
  description = "Names of the resources, where a naming rule asks for others than the defaults. Any may be left out."
  type        = map(string)
  default     = null
}

variable "existing_storage_id" {
  description = "Resource id of an existing storage account, used by nothing else, instead of an own one. Shared keys may be disabled."
  type        = string
  default     = null
}

variable "existing_logs_id" {
  description = "Resource id of an existing Log Analytics workspace for the endpoints' request logs, instead of an own one."
  type        = string
  default     = null
}

variable "existing_insights_id" {
  description = "Resource id of an existing workspace-based Application Insights component, instead of an own one."
  type        = string
  default     = null
}

variable "vnet_enabled" {
  description = "Whether the app runs in a virtual network and reaches its storage by private endpoints only. Without the subnets below, a network is created."
  type        = bool
  default     = null
}

variable "vnet_address_prefix" {
  description = "Address range of the created network, /25 or larger."
  type        = string
  default     = null
}

variable "app_subnet_id" {
  description = "Resource id of an existing subnet for the app, delegated to Microsoft.App/environments, /27 or larger, with a way to the internet."
  type        = string
  default     = null
}

variable "endpoint_subnet_id" {
  description = "Resource id of an existing subnet for private endpoints, from which the app's subnet can be reached."
  type        = string
  default     = null
}

variable "dns_zone_ids" {
  description = "Existing private DNS zones. In an existing network, endpoints without one are left for the company's policy to register."
  type        = map(string)
  default     = null
}

variable "private_site" {
  description = "Whether the API, too, is reachable only by a private endpoint. Event Grid still delivers from its own addresses."
  type        = bool
  default     = null
}

variable "endpoints" {
  description = "Online endpoints whose traffic Teal judges: comma-separated names. Those that do not exist yet are skipped, and listed in an output."
  type        = string
  default     = null
}

variable "templates" {
  description = "Whether policies create deployments from templates with local code or environments, which Teal then uploads."
  type        = bool
  default     = null
}

variable "reads_metrics" {
  description = "Whether a policy reads platform metrics. Off by default: this needs a permission on the whole subscription."
  type        = bool
  default     = null
}

variable "reads_quota" {
  description = "Whether Teal reads the quota before it creates a deployment. Off by default: this needs a role on the whole subscription."
  type        = bool
  default     = null
}

variable "reads_predictions" {
  description = "Whether a policy judges predictions. Off by default: collected answers may be personal data."
  type        = bool
  default     = null
}

variable "code_deployed" {
  description = "Whether the code has been deployed: until then there is no function that Event Grid could deliver to."
  type        = bool
  default     = null
}

variable "system_topic" {
  description = "Name of the workspace's system topic if it already has one: Azure allows one per workspace. It must have the identity above or, for private storage, its own. Empty: one is created."
  type        = string
  default     = null
}

variable "event_subject" {
  description = "Only models whose event subject starts with this, such as \"models/churn:\" (with the colon). Empty: all models; policies choose."
  type        = string
  default     = null
}
