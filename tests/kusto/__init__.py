"""Microsoft's Kusto language service, which Azure Monitor's query editor uses too."""
