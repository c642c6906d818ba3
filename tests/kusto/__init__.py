"""Microsoft's Kusto language service, which the query editor of Azure Monitor uses too."""
