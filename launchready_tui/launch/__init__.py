"""What is launched, and what people decided about it: launchready.toml, decisions.toml, people.toml, inventory.toml."""
