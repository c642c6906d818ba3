"""The table of the emulated Log Analytics workspace and its columns, as listed in Azure's reference. Plain data."""

from __future__ import annotations

TRAFFIC = "AmlOnlineEndpointTrafficLog"

# Column name -> Kusto type, in the order of the answer to a query without `project`.
TRAFFIC_COLUMNS = {
    "TimeGenerated": "datetime",
    "EndpointName": "string",
    "DeploymentName": "string",
    "Method": "string",
    "Path": "string",
    "Protocol": "string",
    "ResponseCode": "int",
    "ResponseCodeReason": "string",
    "ModelStatusCode": "int",
    "ModelStatusReason": "string",
    "RequestPayloadSize": "int",
    "ResponsePayloadSize": "int",
    "RequestDurationMs": "int",
    "ResponseDurationMs": "int",
    "TotalDurationMs": "int",
    "RequestThrottlingDelayMs": "int",
    "ResponseThrottlingDelayMs": "int",
    "UserAgent": "string",
    "XRequestId": "string",
    "XMSClientRequestId": "string",
    "AuthType": "string",
    "IdentityData": "string",
    "Location": "string",
    "OperationName": "string",
    "AzureMLWorkspaceId": "string",
    "AzureMLWorkspaceName": "string",
    "TenantId": "string",
    "SourceSystem": "string",
    "Type": "string",
    "_ResourceId": "string",
    "_SubscriptionId": "string",
    "_BilledSize": "real",
    "_IsBillable": "string",
}
