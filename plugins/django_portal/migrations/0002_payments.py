from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("django_portal", "0001_first_tables")]

    operations = [
        migrations.CreateModel(
            name="PaymentOutcome",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("account", models.CharField(max_length=64)),
                ("intent", models.CharField(max_length=255)),
                ("outcome", models.CharField(max_length=255)),
                ("way", models.CharField(max_length=16)),
                ("visitor", models.CharField(max_length=400)),
                ("via", models.CharField(max_length=64)),
                ("claimed_at", models.BigIntegerField()),
                ("told_at", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "invoice_portal_payment",
                "indexes": [models.Index(fields=["claimed_at"], name="invoice_portal_payment_claimed")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "intent", "outcome"), name="invoice_portal_payment_outcome"
                    )
                ],
            },
        ),
    ]
