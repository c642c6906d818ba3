// The defaults: what `azd up` creates for a small installation.
using '../../../infra/main.bicep'

param environmentName = 'trial'
param location = 'westeurope'
param workspaceName = 'ml-west'
param workspaceResourceGroup = 'ml'
