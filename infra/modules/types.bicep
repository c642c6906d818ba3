// Types of parameters that several templates have.

@export()
@sealed()
@description('A further workspace that one installation serves.')
type otherWorkspace = {
  @description('ARM id of the workspace: any resource group and subscription of the tenant.')
  id: string

  @description('Its region: of its events, and where its metrics are queried.')
  region: string

  @description('Online endpoints whose traffic Teal judges: comma-separated names.')
  endpoints: string?

  @description('Customer id (GUID) of the Log Analytics workspace that has its traffic logs, if not Teal\'s own.')
  logs_workspace_id: string?

  @description('ARM id of that Log Analytics workspace.')
  logs_id: string?

  @description('Name of the workspace\'s system topic, if it already has one.')
  system_topic: string?
}
