from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Chain",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("anchor_sequence", models.BigIntegerField()),
                ("anchor_hash", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "invoice_portal_chain",
            },
        ),
        migrations.CreateModel(
            name="Switch",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("set_at", models.BigIntegerField()),
            ],
            options={
                "db_table": "invoice_portal_switch",
            },
        ),
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("id", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("count", models.IntegerField()),
                ("ends_at", models.BigIntegerField()),
            ],
            options={
                "db_table": "invoice_portal_counter",
                "indexes": [models.Index(fields=["ends_at"], name="invoice_portal_counter_ends_at")],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("account", models.CharField(max_length=64)),
                ("customer", models.CharField(max_length=255)),
                ("generation", models.IntegerField()),
            ],
            options={
                "db_table": "invoice_portal_customer",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "customer"), name="invoice_portal_customer_subject")
                ],
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("account", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=16)),
                ("subject", models.CharField(max_length=255)),
                ("customer", models.CharField(max_length=255)),
                ("nonce", models.CharField(max_length=64)),
                ("actions", models.CharField(max_length=64)),
                ("max_uses", models.IntegerField(null=True)),
                ("uses", models.IntegerField()),
                ("created_at", models.BigIntegerField()),
                ("created_by", models.CharField(max_length=255)),
                ("expires_at", models.BigIntegerField(null=True)),
                ("revoked_at", models.BigIntegerField(null=True)),
                ("first_used_at", models.BigIntegerField(null=True)),
                ("last_used_at", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "invoice_portal_link",
                "indexes": [models.Index(fields=["customer"], name="invoice_portal_link_owner")],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "kind", "subject"), name="invoice_portal_link_subject")
                ],
            },
        ),
        migrations.CreateModel(
            name="PortalSession",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("account", models.CharField(max_length=64)),
                ("customer", models.CharField(max_length=255)),
                ("nonce", models.CharField(max_length=64)),
                ("generation", models.IntegerField()),
                ("actions", models.CharField(max_length=64)),
                ("uses", models.IntegerField()),
                ("created_at", models.BigIntegerField()),
                ("created_by", models.CharField(max_length=255)),
                ("expires_at", models.BigIntegerField()),
                ("revoked_at", models.BigIntegerField(null=True)),
                ("last_used_at", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "invoice_portal_session",
                "indexes": [models.Index(fields=["customer"], name="invoice_portal_session_owner")],
            },
        ),
        migrations.CreateModel(
            name="Record",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.BigIntegerField()),
                ("account", models.CharField(max_length=64)),
                ("action", models.CharField(max_length=64)),
                ("actor", models.CharField(max_length=400)),
                ("via", models.CharField(max_length=64)),
                ("subject", models.CharField(max_length=255)),
                ("customer", models.CharField(max_length=255)),
                ("detail", models.TextField()),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "invoice_portal_record",
                "indexes": [models.Index(fields=["customer"], name="invoice_portal_record_owner")],
            },
        ),
    ]
