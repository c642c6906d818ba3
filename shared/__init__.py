"""What Teal does: the decisions, the ports to the outside, and the adapters behind them."""
