"""What the templates' roles may do, and who may become one: documents read from the templates, cases read from tables,
judged by evaluators that nobody here wrote."""
