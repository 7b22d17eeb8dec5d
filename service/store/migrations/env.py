"""What Alembic runs: the migrations, on the connection it was handed."""

from alembic import context

from service.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter columns: tables are copied
)
with context.begin_transaction():
    context.run_migrations()
