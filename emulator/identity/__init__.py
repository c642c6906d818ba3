"""Microsoft Entra ID as the SDKs see it: discovery, and tokens for one generated service principal."""
