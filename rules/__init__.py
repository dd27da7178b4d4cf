"""The built-in rule pack: one module a rule, its stem the rule's name."""
