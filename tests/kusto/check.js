// Reads {queries, tables} from standard input; prints, as JSON, what Microsoft's language service says about each query.
// Argument: the folder in which it is installed.
const folder = require("path").join(process.argv[2], "node_modules/@kusto/language-service-next");
require(folder + "/bridge.min.js");
require(folder + "/Kusto.Language.Bridge.min.js");

const { queries, tables } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const symbols = Kusto.Language.Symbols;
const known = Object.entries(tables).map(([name, schema]) => new symbols.TableSymbol.$ctor7(name, schema, null));
const globals = Kusto.Language.GlobalState.Default.WithDatabase(new symbols.DatabaseSymbol.ctor("logs", known));

function problems(query) {
  const found = Kusto.Language.KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  const all = System.Linq.Enumerable.from(found, Kusto.Language.Diagnostic).ToArray();
  return all.map((each) => `${each.Severity}: ${each.Message}`);
}

console.log(JSON.stringify(queries.map(problems)));
