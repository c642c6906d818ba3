// Loaded before Azurite, which expects a batch's table after the account in the path (/account/table). Behind Azure's own
// host names the account is in the host name and the table comes first; without this, every transaction fails with a 500.
const path = require("path");
const { BatchSerialization } = require(path.join(path.dirname(process.argv[1]), "table/batch/BatchSerialization"));
const fromPath = BatchSerialization.prototype.extractPath;
BatchSerialization.prototype.extractPath = function (uri) {
  return uri.match(/^https?:\/\/\w+\.table\.[^/]+\/(\w+)/) || fromPath.call(this, uri);
};
