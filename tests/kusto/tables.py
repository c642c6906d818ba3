"""The columns of the tables that Teal's queries read, as Azure Monitor's reference lists them."""

from __future__ import annotations

from emulator.monitor.log_tables import TRAFFIC, TRAFFIC_COLUMNS

TRAFFIC_TABLES = {TRAFFIC: TRAFFIC_COLUMNS}

# What a Log Analytics workspace bills: a column in every table, and a table of its own.
BILLING_TABLES = {
    TRAFFIC: {**TRAFFIC_COLUMNS, "_BilledSize": "real"},
    "Usage": {
        "TimeGenerated": "datetime",
        "DataType": "string",
        "Quantity": "real",
        "QuantityUnit": "string",
        "IsBillable": "bool",
        "Solution": "string",
    },
}

# Tables of an Application Insights component, under the names that a query scoped to it uses.
APP_TABLES = {
    "traces": {
        "timestamp": "datetime",
        "message": "string",
        "severityLevel": "int",
        "itemType": "string",
        "customDimensions": "dynamic",
        "operation_Name": "string",
        "operation_Id": "string",
        "cloud_RoleName": "string",
        "itemCount": "int",
    },
    "requests": {
        "timestamp": "datetime",
        "id": "string",
        "name": "string",
        "success": "string",
        "resultCode": "string",
        "duration": "real",
        "customDimensions": "dynamic",
        "operation_Name": "string",
        "operation_Id": "string",
        "cloud_RoleName": "string",
        "itemCount": "int",
    },
}
