"""Microsoft Entra ID as the SDKs see it: discovery, and tokens for a made-up service principal."""
